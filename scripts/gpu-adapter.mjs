// A GPU for tests on machines without one: Mesa's lavapipe, a Vulkan driver that computes on the CPU, and as a second opinion
// the SwiftShader that comes with Debian's Chromium. Dawn refuses the lavapipe of Debian 12, so that one is taken from the
// backports, unpacked into the cache folder, and never installed.
//
//   node scripts/gpu-adapter.mjs        prints the environment in which a process finds both, as shell assignments
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cached, cacheFolder, chromiumPath, exists, findProgram, run } from './assets.mjs';

/** @typedef {import('./assets.mjs').Report} Report */

/**
 * @typedef {object} GpuAdapters
 * @property {NodeJS.ProcessEnv} env what a process needs from its start to find them
 * @property {string[]} names parts of the adapters' names, the first for all tests; empty: whatever the system has
 * @property {string[]} missing why adapters are not among them
 */

/** The number at the end counts changes of what is done below. */
const folderName = 'lavapipe-1';

/**
 * The adapters that tests run on. `GLASSBOX_GPU=system` leaves the choice to the system's own drivers, as does every system
 * but Linux.
 * @param {Report} [report]
 * @returns {Promise<GpuAdapters>}
 */
export async function gpuAdapters(report = (line) => process.stderr.write(`${line}\n`)) {
  if (process.env.GLASSBOX_GPU === 'system' || process.platform !== 'linux')
    return {
      env: {},
      names: [],
      missing: ['lavapipe and SwiftShader are not used: the system’s own GPU is'],
    };
  const lavapipe = await lavapipeFolder(report);
  const icds = [path.join(lavapipe, 'icd.json')];
  const names = ['llvmpipe'];
  /** @type {string[]} */
  const missing = [];
  const swiftShader = await swiftShaderIcd();
  if (swiftShader === undefined)
    missing.push('SwiftShader: no Chromium with vk_swiftshader_icd.json is installed');
  else {
    icds.push(swiftShader);
    names.push('SwiftShader');
  }
  const runtime = path.join(cacheFolder(), 'gpu-runtime');
  const shaders = path.join(cacheFolder(), 'gpu-shaders');
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  await mkdir(shaders, { recursive: true });
  const libraries = [await libraryFolder(lavapipe), process.env.LD_LIBRARY_PATH].filter(Boolean);
  return {
    names,
    missing,
    env: {
      VK_ICD_FILENAMES: icds.join(':'),
      LD_LIBRARY_PATH: libraries.join(':'),
      XDG_RUNTIME_DIR: runtime,
      // Compiling kernels is most of a first run; Mesa keeps what it compiled here.
      MESA_SHADER_CACHE_DIR: shaders,
    },
  };
}

/**
 * @param {Report} report
 * @returns {Promise<string>} a folder with the unpacked packages and `icd.json`
 */
async function lavapipeFolder(report) {
  const target = path.join(cacheFolder(), `${folderName}-${process.arch}`);
  return cached(target, async (scratch) => {
    for (const program of ['apt-get', 'dpkg'])
      if (!(await findProgram(program)))
        throw new Error(
          `There is no ${program} here, from whose packages the tests take a GPU. ` +
            'Install a Vulkan driver of your own and set GLASSBOX_GPU=system.',
        );
    report('Fetching lavapipe, a GPU for tests (about 60 MB, once) ...');
    const codename = await debianCodename();
    const apt = await privateApt(scratch, codename);
    await run('apt-get', [...apt, 'update'], { cwd: scratch });
    // Downloads whatever of this and its dependencies the system lacks, and apt checks each against the signed lists.
    await run(
      'apt-get',
      [
        ...apt,
        ...['install', '--download-only', '--yes', '--no-install-recommends'],
        ...['--target-release', `${codename}-backports`, 'mesa-vulkan-drivers', 'libvulkan1'],
      ],
      { cwd: scratch },
    );
    const whole = path.join(scratch, 'whole');
    const archives = path.join(scratch, 'cache/archives');
    for (const name of await readdir(archives))
      if (name.endsWith('.deb'))
        await run('dpkg', ['-x', path.join(archives, name), whole], { cwd: scratch });
    const library = path.join(path.relative(whole, await libraryFolder(whole)), 'libvulkan_lvp.so');
    if (!(await exists(path.join(whole, library))))
      throw new Error(`${codename}-backports has a mesa-vulkan-drivers without lavapipe (${library}).`);
    const icd = { library_path: path.join(target, library), api_version: '1.4.305' };
    await writeFile(
      path.join(whole, 'icd.json'),
      JSON.stringify({ file_format_version: '1.0.0', ICD: icd }, undefined, 2),
    );
    return whole;
  });
}

/**
 * Options with which apt reads the system's sources plus their backports, and keeps lists and archives in `folder`.
 * @param {string} folder
 * @param {string} codename
 * @returns {Promise<string[]>}
 */
async function privateApt(folder, codename) {
  const sources = path.join(folder, 'sources');
  for (const name of ['sources', 'lists/partial', 'cache/archives/partial'])
    await mkdir(path.join(folder, name), { recursive: true });
  const { stanzas, lines } = await systemSources(codename);
  if (stanzas.length + lines.length === 0)
    throw new Error(
      `No source of Debian ${codename} is set up in /etc/apt, so its backports are not known either.`,
    );
  await writeFile(path.join(sources, 'own.sources'), `${stanzas.join('\n\n')}\n`);
  await writeFile(path.join(sources, 'own.list'), `${lines.join('\n')}\n`);
  /** @type {Record<string, string>} */
  const options = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': sources,
    'Dir::State::Lists': path.join(folder, 'lists'),
    'Dir::Cache': path.join(folder, 'cache'),
    // Nothing is installed: no lock of the system's is needed, and whoever runs this may read its own folder.
    'Debug::NoLocking': 'true',
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/**
 * The system's sources of its own release, with the backports added: where packages come from is the system's affair.
 * @param {string} codename
 * @returns {Promise<{ stanzas: string[], lines: string[] }>} of the two formats that apt reads (sources.list(5))
 */
async function systemSources(codename) {
  const suites = `${codename} ${codename}-backports`;
  const stanzas = [];
  const lines = [];
  const folder = '/etc/apt/sources.list.d';
  const names = (await exists(folder)) ? await readdir(folder) : [];
  for (const file of ['/etc/apt/sources.list', ...names.map((name) => path.join(folder, name))]) {
    if (!(await exists(file))) continue;
    const text = await readFile(file, 'utf8');
    if (file.endsWith('.sources')) {
      for (const stanza of text.split(/\n\s*\n/)) {
        const own = /^Suites:(.*)$/m.exec(stanza)?.[1]?.trim().split(/\s+/).includes(codename);
        if (own && !/^Enabled:\s*no/im.test(stanza))
          stanzas.push(stanza.replace(/^Suites:.*$/m, `Suites: ${suites}`).trim());
      }
    } else if (file.endsWith('.list')) {
      for (const line of text.split('\n')) {
        const match = new RegExp(`^(deb\\s+(?:\\[[^\\]]*\\]\\s+)?\\S+)\\s+${codename}\\s+(.*)$`).exec(
          line.trim(),
        );
        if (match) for (const suite of suites.split(' ')) lines.push(`${match[1]} ${suite} ${match[2]}`);
      }
    }
  }
  return { stanzas, lines };
}

/** @returns {Promise<string>} as in `bookworm` */
async function debianCodename() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(release)?.[1];
  if (!/^ID="?debian/m.test(release) || codename === undefined)
    throw new Error(
      'The tests’ GPU comes from Debian’s packages, and this is no Debian. ' +
        'Install a Vulkan driver of your own and set GLASSBOX_GPU=system.',
    );
  return codename;
}

/**
 * @param {string} folder with unpacked packages
 * @returns {Promise<string>} where their libraries are, as in usr/lib/x86_64-linux-gnu
 */
async function libraryFolder(folder) {
  const libraries = path.join(folder, 'usr/lib');
  const triplet = (await readdir(libraries)).find((name) => name.endsWith('-linux-gnu'));
  if (triplet === undefined) throw new Error(`There are no libraries in ${libraries}.`);
  return path.join(libraries, triplet);
}

/** @returns {Promise<string | undefined>} */
async function swiftShaderIcd() {
  const chromium = await chromiumPath().catch(() => undefined);
  if (chromium === undefined) return undefined;
  for (const folder of [path.dirname(chromium), '/usr/lib/chromium']) {
    const icd = path.join(folder, 'vk_swiftshader_icd.json');
    if (await exists(icd)) return icd;
  }
  return undefined;
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const { env, missing } = await gpuAdapters();
    for (const line of missing) console.error(`# ${line}`);
    for (const [name, value] of Object.entries(env)) console.log(`export ${name}='${value}'`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
