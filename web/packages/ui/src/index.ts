export type { Platform } from './context.ts';
export { Root } from './Root.tsx';
export type { RootProps, RouteHistory } from './Root.tsx';
export { startTheme, type Theme } from './theme.ts';
