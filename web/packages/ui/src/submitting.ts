/** Runs an act when a form is sent, and keeps the browser from sending it. */
export const submitting =
  (act: () => void) =>
  (event: Event): void => {
    event.preventDefault();
    act();
  };
