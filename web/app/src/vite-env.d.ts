interface ImportMeta {
  readonly env: { readonly DEV: boolean; readonly MODE: string };
}
