import { emptyWorld, ordinaryWorld, type World } from '@crypho/testkit';
import type { Step, Story } from '../story.ts';

const full = (nowMs: number): World => ({ ...ordinaryWorld(nowMs), groupDevicesMax: 9 });
const small = (nowMs: number): World => {
  const world = ordinaryWorld(nowMs);
  return { ...world, groupDevicesMax: 1, profile: { ...world.profile, ownedGroupsMax: 9 } };
};
const AMIR = { name: 'Amir Rezaei' };

const details: readonly Step[] = [{ press: 'conversation.details' }];
const newGroup: readonly Step[] = [
  { press: 'nav.new' },
  { press: 'nav.new.group', role: 'menuitem' },
];

export const stories: readonly Story[] = [
  { name: 'new group', path: '/app', world: ordinaryWorld, steps: newGroup },
  { name: 'new group without contacts', path: '/app', world: emptyWorld, steps: newGroup },
  {
    name: 'new group nameless',
    shows: '.field-error',
    path: '/app',
    world: ordinaryWorld,
    steps: [...newGroup, { press: 'group.new.submit' }],
  },
  {
    name: 'new group refused',
    shows: '.form-error',
    path: '/app',
    world: ordinaryWorld,
    steps: [
      ...newGroup,
      { write: 'group.new.name', text: 'Turnuslaget' },
      { key: 'tick' },
      { press: 'group.new.submit' },
    ],
  },
  {
    name: 'new group without room',
    shows: '.notice',
    path: '/app',
    world: small,
    steps: [
      ...newGroup,
      { write: 'group.new.name', text: 'Turnuslaget' },
      { key: 'tick' },
      { press: 'group.new.submit' },
    ],
  },
  {
    name: 'new conversation',
    shows: 'dialog[open]',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ press: 'nav.new' }, { press: 'nav.new.direct', role: 'menuitem' }],
  },
  { name: 'details', path: '/app/c/ward', world: ordinaryWorld, steps: details },
  {
    name: 'details as a member',
    shows: '.details',
    path: '/app/c/long',
    world: ordinaryWorld,
    steps: details,
  },
  {
    name: 'details of two',
    shows: '.details',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: details,
  },
  {
    name: 'member menu',
    shows: '.menu',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [...details, { press: 'details.member.more', with: AMIR }],
  },
  {
    name: 'remove member',
    shows: 'dialog[open]',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [
      ...details,
      { press: 'details.member.more', with: AMIR },
      { press: 'details.member.remove', role: 'menuitem' },
    ],
  },
  {
    name: 'hand over',
    shows: 'dialog[open]',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [
      ...details,
      { press: 'details.member.more', with: AMIR },
      { press: 'details.member.owner', role: 'menuitem' },
    ],
  },
  {
    name: 'rename group',
    shows: 'dialog[open]',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [...details, { press: 'details.rename' }],
  },
  {
    name: 'add people',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [...details, { press: 'details.add' }],
  },
  {
    name: 'add too many people',
    shows: '.form-error',
    path: '/app/c/ward',
    world: full,
    steps: [...details, { press: 'details.add' }, { key: 'tick' }, { press: 'details.add.submit' }],
  },
  {
    name: 'leave group',
    shows: 'dialog[open]',
    path: '/app/c/long',
    world: ordinaryWorld,
    steps: [...details, { press: 'details.leave' }],
  },
  {
    name: 'delete group',
    shows: 'dialog[open]',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [...details, { press: 'details.delete' }],
  },
];
