// Loaded before the engine in the tests of damaged files: writes down every path that is opened through Node's fs while a
// model is parsed. Node's own loader opens modules too, so only the time between 'parsing' and 'parsed' counts.
const fs = require('node:fs');
const promises = require('node:fs/promises');

const { openSync, writeSync } = fs;
const log = process.env.MODEL_LENS_OPENED;
let parsing = 0;

function note(target) {
  if (parsing === 0 || typeof target === 'number') return;
  const file = openSync(log, 'a');
  writeSync(file, `${String(target)}\n`);
  fs.closeSync(file);
}

for (const [module, names] of [[fs, ['open', 'openSync', 'readFile', 'readFileSync', 'createReadStream', 'readdir', 'readdirSync']], [promises, ['open', 'readFile', 'readdir']]]) {
  for (const name of names) {
    const original = module[name];
    module[name] = function (target, ...rest) {
      note(target);
      return original.call(this, target, ...rest);
    };
  }
}

const send = process.send;
process.send = function (message, ...rest) {
  if (message?.type === 'parsing') parsing++;
  if (message?.type === 'parsed') parsing--;
  return send.call(this, message, ...rest);
};
