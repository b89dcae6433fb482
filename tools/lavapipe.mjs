// node tools/lavapipe.mjs [DIR]: Mesa's software Vulkan (lavapipe) for machines without a GPU, so that the WebGPU path
// can be tested there. Nothing is installed: its packages come through apt, from the mirrors this machine already names,
// and are unpacked into a folder (.cache/lavapipe). Prints the environment that makes Vulkan programs use it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './steps.mjs';

export const lavapipeFolder = path.join(root, '.cache/lavapipe');
/** Older ones lack what Dawn asks for: "No supported adapters". */
const oldestMesa = 25;
const driver = 'mesa-vulkan-drivers';

/** Environment variables for a program that is to find lavapipe as its only Vulkan driver; undefined where it is not in `folder`. */
export function lavapipeEnvironment(folder = lavapipeFolder) {
  const described = path.join(folder, 'lavapipe.json');
  if (!fs.existsSync(described)) return undefined;
  const libraries = path.dirname(JSON.parse(fs.readFileSync(described, 'utf8')).ICD.library_path);
  const runtime = path.join(folder, 'runtime');
  fs.mkdirSync(runtime, { recursive: true, mode: 0o700 });
  return {
    VK_ICD_FILENAMES: described, VK_DRIVER_FILES: described, XDG_RUNTIME_DIR: runtime,
    LD_LIBRARY_PATH: [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
  };
}

/** Fetches and unpacks it, unless it is there. Throws one line saying what stands in the way. */
export function fetchLavapipe(folder = lavapipeFolder) {
  if (lavapipeEnvironment(folder)) return;
  if (process.platform !== 'linux') throw new Error(`lavapipe is fetched on Debian and its relatives only; this is ${process.platform}`);
  const apt = path.join(folder, 'apt'), unpacked = path.join(folder, 'root');
  fs.rmSync(folder, { recursive: true, force: true });
  for (const part of ['lists/partial', 'cache/archives/partial', 'sources.d']) fs.mkdirSync(path.join(apt, part), { recursive: true });
  const lists = sourcesOfThisMachine();
  fs.writeFileSync(path.join(apt, 'sources.list'), `${lists.join('\n')}\n`);
  // apt with lists and a cache of its own: what the system has installed counts, and is not touched.
  const options = Object.entries({
    'Dir::Etc::SourceList': path.join(apt, 'sources.list'), 'Dir::Etc::SourceParts': path.join(apt, 'sources.d'), 'Dir::State::Lists': path.join(apt, 'lists'),
    'Dir::Cache': path.join(apt, 'cache'), 'Debug::NoLocking': '1', 'APT::Sandbox::User': '', 'APT::Update::Error-Mode': 'any', 'Acquire::Retries': '3',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  call('apt-get', [...options, '-q', 'update']);
  const versions = call('apt-cache', [...options, 'madison', driver]).split('\n').map((line) => line.split('|')[1]?.trim() ?? '');
  const version = versions.find((text) => Number(/^(?:\d+:)?(\d+)/.exec(text)?.[1]) >= oldestMesa);
  if (!version) throw new Error(`${driver} ${oldestMesa} or newer is needed; this machine's sources and their backports have ${versions.filter(Boolean).join(', ') || 'none'}`);
  // What the version of the driver needs may be in the backports too, and is taken from there only where it must.
  call('apt-get', [...options, '-q', '-y', '--no-install-recommends', '--download-only', 'install', `${driver}=${version}`, ...(version.includes('bpo') ? ['-t', suitesOf(lists).find((suite) => suite.endsWith('-backports'))] : [])]);
  const archives = path.join(apt, 'cache/archives');
  const packages = fs.readdirSync(archives).filter((name) => name.endsWith('.deb'));
  for (const name of packages) call('dpkg-deb', ['-x', path.join(archives, name), unpacked]);
  const described = findOne(unpacked, /^lvp_icd.*\.json$/), library = findOne(unpacked, /^libvulkan_lvp\.so$/);
  const icd = JSON.parse(fs.readFileSync(described, 'utf8'));
  icd.ICD.library_path = library;
  fs.rmSync(apt, { recursive: true, force: true });
  fs.writeFileSync(path.join(folder, 'lavapipe.json'), JSON.stringify(icd, undefined, 1));
}

/** Lines of a sources.list: the distribution's own suites as this machine names them, and their backports from the same place. */
function sourcesOfThisMachine() {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(fs.readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (!codename) throw new Error('/etc/os-release names no VERSION_CODENAME');
  const targets = call('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE) $(COMPONENT)', 'Identifier: Packages']).split('\n').map((line) => line.split(' '));
  const own = targets.filter(([, suite]) => suite === codename || suite?.startsWith(`${codename}-`));
  const home = own.find(([, suite]) => suite === codename)?.[0];
  if (!home) throw new Error(`apt names no source of '${codename}'`);
  const keyring = ['debian', 'ubuntu'].map((name) => `/usr/share/keyrings/${name}-archive-keyring.gpg`).filter((file) => fs.existsSync(file));
  const signed = keyring.length ? ` [signed-by=${keyring.join(',')}]` : '';
  return [...new Set([...own, [home, `${codename}-backports`, 'main']].map(([site, suite, component]) => `deb${signed} ${site} ${suite} ${component}`))];
}

function suitesOf(lists) {
  return lists.map((line) => line.replace(/^deb( \[[^\]]*\])? \S+ /, '').split(' ')[0]);
}

function call(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }, maxBuffer: 2 ** 26 });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${(stderr || stdout).trim().split('\n').slice(-3).join(' ')}`);
  return stdout;
}

/** The one file below `folder` whose name fits. */
function findOne(folder, name) {
  const found = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).find((entry) => !entry.isDirectory() && name.test(entry.name));
  if (!found) throw new Error(`the packages of ${driver} hold no ${name.source}`);
  return path.join(found.parentPath ?? found.path, found.name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = path.resolve(process.argv[2] ?? lavapipeFolder);
  try {
    fetchLavapipe(folder);
    for (const [name, value] of Object.entries(lavapipeEnvironment(folder))) console.log(`export ${name}='${value}'`);
  } catch (error) {
    console.error(`lavapipe: ${error.message}`);
    process.exitCode = 1;
  }
}
