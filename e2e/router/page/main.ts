// What a journey drives: `window.meeting`.
import { openMeeting, type Meeting, type MeetingOptions } from './meeting.ts';

declare global {
  interface Window {
    meeting: Meeting;
    enter: (options: MeetingOptions) => Promise<void>;
  }
}

window.enter = async (options) => {
  window.meeting = openMeeting(options);
  await window.meeting.whenEntered();
};
