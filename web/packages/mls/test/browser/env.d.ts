declare module '*?worker&url' {
  const url: string;
  export default url;
}

/** What the harness uses of Trusted Types: the DOM library does not have them yet. */
declare const trustedTypes: {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): URL };
};
