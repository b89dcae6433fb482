/** The engine process from its sources; dist/engine.cjs does the same with the bundle (esbuild.mjs). */
import { startEngine } from './start';

startEngine(__filename);
