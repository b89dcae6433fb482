/** What the engine and the terminal share is nearly everything: one bundle (dist/core.cjs), started in either way. */
export { startEngine } from '../engine/start';
export { startCli } from './start';
