/** The demo in a browser: packs the extension, installs it into code-server, prints the address and opens it. */
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { startServer } from './codeServer';

const root = path.resolve(__dirname, '../..');

async function main(): Promise<void> {
  const folder = path.resolve(process.argv[2] ?? path.join(root, 'samples'));
  const vsix = path.join(root, '.cache/model-lens-demo.vsix');
  execFileSync(process.execPath, [path.join(root, 'tools/package.mjs'), '--out', vsix], { cwd: root, stdio: 'inherit' });
  const server = await startServer({
    vsix: [vsix], dataDirectory: path.join(root, '.cache/demo'), port: Number(process.env.PORT ?? 0),
    settings: { 'workbench.colorTheme': 'Default Dark Modern' },
  });
  const address = `http://${server.host}/?folder=${encodeURIComponent(folder)}`;
  console.log(`\nModel Lens is running at\n\n    ${address}\n\nRight-click a picture in pictures/ and choose "Explain this image". Ctrl-C ends it.`);
  if (!process.argv.includes('--no-open')) {
    const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
    spawn(opener, [address], { stdio: 'ignore', detached: true }).on('error', () => undefined).unref();
  }
  const end = () => void server.stop().then(() => process.exit(0));
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  await server.exited;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
