// The built gallery on a port of its own, and a Chromium to look at it with.
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

export async function openGallery() {
  const configFile = new URL('vite.config.ts', import.meta.url).pathname;
  await build({ configFile, logLevel: 'error' });
  const server = await preview({
    configFile,
    preview: { port: 0, host: '127.0.0.1' },
    logLevel: 'error',
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
  return {
    browser,
    base: `http://127.0.0.1:${server.httpServer.address().port}/gallery/index.html`,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
