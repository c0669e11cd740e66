import type {
  ContactItem,
  DeviceItem,
  MessageItem,
  Person,
  TimelineItem,
} from '@crypho/engine/api';
import { byTime, details, emptyWorld, person, SELF, talk, type World } from './world.ts';

const ola = person('ola', 'Ola Hansen');
const ingrid = person('ingrid', 'Ingrid Solbakken');
const amir = person('amir', 'Amir Rezaei');
const layla = person('layla', 'ليلى الحسيني');
const long = person(
  'long',
  'Anne-Margrethe Kristoffersdatter Bjørnstjerne-Wedel von Østerdalsbygdeutviklingsselskapet',
);
const jon = person('jon', 'Jon Eirik Lie');

const MIN = 1;
const HOUR = 60;
const DAY = 24 * HOUR;

function contact(who: Person, nowMs: number, days: number): ContactItem {
  return {
    kind: 'contact',
    key: who.accountId,
    sortKey: who.displayName.toLocaleLowerCase('nb'),
    person: who,
    sinceMs: nowMs - days * 86_400_000,
  };
}

/** An ordinary morning: a ward, a colleague, a few others. */
export function ordinaryWorld(nowMs: number): World {
  const world = emptyWorld(nowMs);
  world.contacts = [
    contact(ola, nowMs, 38),
    contact(ingrid, nowMs, 36),
    contact(amir, nowMs, 20),
    contact(layla, nowMs, 12),
    contact(jon, nowMs, 4),
    contact(long, nowMs, 2),
    {
      kind: 'received',
      key: 'r1',
      sortKey: '1',
      invitationId: 'r1',
      person: person('sigrid', 'Sigrid Aas'),
      email: 'sigrid.aas@sykehuset.example',
      note: 'Hei Kari! Jeg overtar etter Per på avdelingen fra mandag.',
      sentAtMs: nowMs - 3_600_000,
    },
    {
      kind: 'sent',
      key: 's1',
      sortKey: '2',
      invitationId: 's1',
      email: 'fastlegen@kontoret.example',
      note: '',
      sentAtMs: nowMs - 2 * 86_400_000,
      expiresAtMs: nowMs + 12 * 86_400_000,
    },
  ];
  world.devices.push(
    device('d2', 'Safari på iPhone', nowMs, 9, 2, false),
    device('d3', 'Firefox på Windows', nowMs, 1, 20, true),
  );
  const group = talk(
    details('ward', 'group', 'Vaktlag 3 øst', [ingrid, ola, amir, layla], 'owner'),
    nowMs,
    [
      [ingrid, 'God morgen! Nattevakten var rolig, men rom 12 bør ses først.', 2 * DAY + 3 * HOUR],
      [SELF, 'Takk, jeg går dit nå.', 2 * DAY + 2 * HOUR],
      [
        ola,
        'Husk at møtet er flyttet til *kl. 14*. Sakslisten:\n- turnus\n- nytt utstyr\n- **pårørendesamtaler**',
        DAY + 5 * HOUR,
      ],
      [amir, 'Notert.', DAY + 5 * HOUR - MIN],
      [layla, 'شكراً، سأكون هناك', DAY + 4 * HOUR],
      [ingrid, 'Prøvesvarene på rom 12 er klare. CRP har gått ned fra 180 til 64.', 42],
      [ingrid, 'Temperaturen er normal.', 42],
      [SELF, 'Flott. Da fortsetter vi som planlagt, og ser på det igjen i ettermiddag.', 38],
      [ola, '> CRP har gått ned fra 180 til 64\nVeldig bra! Skal jeg ringe pårørende?', 31],
      [SELF, 'Ja, gjerne. Her er rutinen: https://rutiner.example/parorende (`kap. 4`).', 30],
      [amir, '@Kari Nordmann kan du signere før lunsj?', 12],
      [ingrid, 'Jeg er på rom 9 hvis noen trenger meg.', 4],
    ],
  );
  decorate(group.items);
  group.unread = 2;
  group.typing = [ola];
  world.conversations.set('ward', group);
  const direct = talk(details('ola', 'direct', ola.displayName, [ola]), nowMs, [
    [ola, 'Har du tid til en prat om turnusen?', 3 * HOUR],
    [SELF, 'Ja, etter lunsj. Passer kl. 12:30?', 3 * HOUR - 5],
    [ola, 'Perfekt.', 3 * HOUR - 6],
    [SELF, 'Da sier vi det', 2 * HOUR],
  ]);
  world.conversations.set('ola', direct);
  world.conversations.set(
    'layla',
    talk(details('layla', 'direct', layla.displayName, [layla]), nowMs, [
      [layla, 'صباح الخير! هل وصلت الأوراق؟', 5 * HOUR],
      [SELF, 'Ja, de kom i går. Jeg sender dem videre.', 5 * HOUR - 4],
    ]),
  );
  const drafted = talk(details('jon', 'direct', jon.displayName, [jon]), nowMs, [
    [jon, 'Kan du se over utkastet?', DAY + HOUR],
  ]);
  drafted.draft = { text: 'Ja, jeg har lest halvparten og synes' };
  world.conversations.set('jon', drafted);
  const longNamed = talk(
    details(
      'long',
      'group',
      'Tverrfaglig samarbeidsgruppe for spesialisthelsetjenesteutviklingsprosjektet',
      [long, ola],
      'member',
    ),
    nowMs,
    [
      [
        long,
        'Menneskerettighetsorganisasjonsmedlemskapskontingentinnkrevingsrutinene er oppdatert.',
        6 * DAY,
      ],
      [ola, 'Takk!', 6 * DAY - 1],
    ],
  );
  longNamed.unread = 128;
  world.conversations.set('long', longNamed);
  const left = talk(details('old', 'group', 'Julebordskomiteen', [jon, ingrid]), nowMs, [
    [jon, 'Takk for i år!', 90 * DAY],
  ]);
  left.details = { ...left.details, isCurrent: false };
  world.conversations.set('old', left);
  return world;
}

function device(
  id: string,
  name: string,
  nowMs: number,
  days: number,
  hours: number,
  isSharedComputer: boolean,
): DeviceItem {
  return {
    key: id,
    sortKey: id,
    deviceId: id,
    name,
    linkedAtMs: nowMs - days * 86_400_000,
    lastSeenMs: nowMs - hours * 3_600_000,
    isThis: false,
    isSharedComputer,
  };
}

/** Gives a conversation what real ones have: reactions, a reply, an edit, a deletion, a mention. */
function decorate(items: TimelineItem[]): void {
  const change = (at: number, part: Partial<MessageItem>): void => {
    const item = items[at];
    if (item?.kind === 'message') items[at] = { ...item, ...part };
  };
  change(0, { reactions: [{ emoji: '👍', by: [SELF, ola], isMine: true }] });
  change(3, { body: { kind: 'deleted' } });
  change(5, {
    reactions: [
      { emoji: '🎉', by: [ola, amir, layla], isMine: false },
      { emoji: '❤️', by: [SELF], isMine: true },
    ],
  });
  const target = items[6];
  if (target?.kind === 'message') {
    change(7, {
      replyTo: {
        key: target.key,
        sender: ingrid,
        excerpt: 'Temperaturen er normal.',
        isDeleted: false,
      },
      isEdited: true,
      delivery: { kind: 'read', by: 2, of: 4 },
    });
  }
  change(9, { delivery: { kind: 'sent' } });
  change(10, {
    mentionsSelf: true,
    body: { kind: 'text', text: '@Kari Nordmann kan du signere før lunsj?', mentions: [SELF] },
  });
  items.splice(0, 0, {
    kind: 'event',
    key: 'e0',
    sortKey: byTime(0),
    seq: 0,
    timeMs: (items[0]?.timeMs ?? 0) - 60_000,
    event: { kind: 'added', by: SELF, people: [ingrid, ola, amir, layla] },
  });
}

/** Each of the ways in which a message may not be as it should. */
export function troubledWorld(nowMs: number): World {
  const world = ordinaryWorld(nowMs);
  const held = talk(details('ward', 'group', 'Vaktlag 3 øst', [ingrid, ola], 'admin'), nowMs, [
    [ingrid, 'Denne kan leses.', 20],
    [ola, '', 18],
    [ola, '', 17],
    [ingrid, '', 16],
    [ingrid, '', 15],
    [ola, '', 14],
    [SELF, 'Denne venter på nett', 3],
    [SELF, 'Denne sendes', 2],
    [SELF, 'Denne ble ikke sendt', 1],
  ]);
  const bodies: readonly (readonly [number, MessageItem['body']])[] = [
    [1, { kind: 'unreadable', reason: 'key-missing', isBeingRepaired: true }],
    [2, { kind: 'unreadable', reason: 'device-unknown', isBeingRepaired: false }],
    [3, { kind: 'unreadable', reason: 'signature', isBeingRepaired: false }],
    [4, { kind: 'newer-version' }],
    [5, { kind: 'unreadable', reason: 'content', isBeingRepaired: false }],
  ];
  held.items = held.items.map((item, at) => {
    if (item.kind !== 'message') return item;
    const body = bodies.find(([index]) => index === at)?.[1] ?? item.body;
    if (at === 6) return { ...item, body, seq: 0, delivery: { kind: 'waiting' } };
    if (at === 7) return { ...item, body, seq: 0, delivery: { kind: 'sending' } };
    if (at === 8)
      return { ...item, body, seq: 0, delivery: { kind: 'failed', code: 'unavailable' } };
    return { ...item, body };
  });
  held.details = {
    ...held.details,
    hindrance: 'repairing',
    members: held.details.members.map((member) =>
      member.accountId === 'ola' ? { ...member, isIdentityKnown: false } : member,
    ),
  };
  world.conversations.set('ward', held);
  world.connection = { kind: 'offline', retryAtMs: nowMs + 8_000, waiting: 2 };
  return world;
}

const WORDS =
  'journal prøve rom vakt time pasient svar møte lege skjema rapport kveld uke plan'.split(' ');

/** Many conversations, and one with a very long past. */
export function largeWorld(nowMs: number, conversations = 500, messages = 100_000): World {
  const world = ordinaryWorld(nowMs);
  for (let at = 0; at < conversations; at++) {
    const who = person(`p${at}`, `Person ${at + 1} ${WORDS[at % WORDS.length] ?? ''}`);
    world.contacts.push(contact(who, nowMs, 3));
    world.conversations.set(
      `c${at}`,
      talk(details(`c${at}`, 'direct', who.displayName, [who]), nowMs, [
        [who, `Dette er samtale nummer ${at + 1}.`, DAY + at * 37],
      ]),
    );
  }
  const past = talk(details('past', 'direct', ola.displayName, [ola]), nowMs, []);
  past.items = Array.from({ length: messages }, (_, at): MessageItem => {
    const sender = at % 3 === 0 ? SELF : ola;
    return {
      kind: 'message',
      key: `${sender.accountId}/past-${at}`,
      sortKey: byTime(at + 1),
      seq: at + 1,
      sender,
      timeMs: nowMs - (messages - at) * 211_000,
      body: {
        kind: 'text',
        text: `${at + 1}: ${Array.from({ length: 3 + ((at * 7) % 40) }, (_none, n) => WORDS[(at + n * 3) % WORDS.length]).join(' ')}`,
        mentions: [],
      },
      reactions: [],
      isEdited: false,
      delivery: sender.isSelf ? { kind: 'read', by: 1, of: 1 } : { kind: 'received' },
      mentionsSelf: false,
    };
  });
  world.conversations.set('past', past);
  return world;
}
