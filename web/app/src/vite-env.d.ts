interface ImportMeta {
  readonly env: { readonly DEV: boolean; readonly MODE: string };
}

declare module '*?worker&url' {
  const url: string;
  export default url;
}
