import { defineConfig } from 'vite';

const server = process.env['CRYPHO_SERVER'] ?? 'http://localhost:8080';
const proxied = { target: server, changeOrigin: false };

export default defineConfig(({ mode }) => ({
  build: {
    target: 'es2022',
    manifest: true,
    modulePreload: { polyfill: false },
    // The content security policy forbids data: outside pictures, and fewer surprises are better.
    assetsInlineLimit: 0,
    outDir: mode === 'e2e' ? 'dist-e2e' : 'dist',
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Test builds answer which keys a browser holds; the product's bundle must not contain that.
  resolve:
    mode === 'e2e' ? { alias: { '@crypho/engine/worker': '@crypho/engine/test-worker' } } : {},
  worker: { format: 'es' },
  // For `./crypho dev`: what the lazy parts and the workers import is found before the first page, or
  // the page would be loaded anew in the middle of somebody's work. The WebAssembly is found by its own address.
  optimizeDeps: {
    entries: ['index.html', 'src/**/*.{ts,tsx}', '../packages/*/src/**/*.{ts,tsx}'],
    exclude: ['@wireapp/core-crypto'],
  },
  define: { __VERSION__: JSON.stringify(process.env['CRYPHO_VERSION'] ?? '0.1.0') },
  server: {
    port: Number(process.env['CRYPHO_DEV_PORT'] ?? 5173),
    strictPort: true,
    proxy: {
      '/api': { ...proxied, ws: true },
      '/mails': proxied,
      '/mails.json': proxied,
      '/health': proxied,
    },
  },
}));
