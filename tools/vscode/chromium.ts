/** The browser the tests drive: found on the machine, or installed where that is possible without asking. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { chromium as playwright } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

function find(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of names) {
    const found = spawnSync('which', [name], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.trim();
  }
  return [...places, playwright.executablePath()].find((file) => file && fs.existsSync(file));
}

/** Path of a Chromium; installs Debian's package (as root) or playwright's build if there is none. */
export function findChromium(say: (line: string) => void = console.log): string {
  const found = find();
  if (found) return found;
  if (process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('which', ['apt-get']).status === 0) {
    say('Installing Chromium (apt-get install chromium)');
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  } else {
    say('Installing Chromium (playwright)');
    execFileSync('npx', ['playwright-core', 'install', 'chromium'], { stdio: 'inherit' });
  }
  const installed = find();
  if (!installed) throw new Error('No Chromium was found and none could be installed: set CHROMIUM to the path of a Chromium, Chrome or Edge.');
  return installed;
}
