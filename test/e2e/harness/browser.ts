import { chromium, type Browser } from 'playwright-core';
import { chromiumPath } from '../../support/assets.ts';

/** A headless Chromium without a sandbox of its own, because tests may run as root in a container. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumPath(),
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
