/** The terminal program from its sources; dist/cli.cjs does the same with the bundle (esbuild.mjs). */
import { startCli } from './start';

startCli(__filename);
