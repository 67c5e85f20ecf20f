import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/commands.md', root), 'utf8');
// VS Code reads it by the same shape; what is missing of it fails below.
const { contributes } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly configuration: {
      readonly properties: Readonly<
        Record<string, { readonly description?: string; readonly markdownDescription?: string }>
      >;
    };
  };
};
/** What the first columns of the page's tables name. */
const named = [...page.matchAll(/^\| (?<commands>[^|]+?) +\|/gmu)].flatMap(
  ({ groups }) => groups?.['commands']?.split(', ') ?? [],
);

it('Each command is in docs/commands.md', () => {
  const titles = contributes.commands
    .filter(({ command }) => command !== 'glassbox.dev.report')
    .map(({ title }) => title);
  expect(named.filter((name) => name !== 'command' && !/^-+$/u.test(name)).sort()).toEqual(titles.sort());
});

it('Each setting is described where VS Code shows it', () => {
  const undescribed = Object.entries(contributes.configuration.properties).filter(
    ([, { description = '', markdownDescription = '' }]) => `${description}${markdownDescription}` === '',
  );
  expect(undescribed).toEqual([]);
});
