/** VS Code's own themes of each kind, and the class that it gives the body of a page then. */
export const colourThemes = [
  { name: 'Default Light Modern', kind: 'vscode-light' },
  { name: 'Default Dark Modern', kind: 'vscode-dark' },
  { name: 'Default High Contrast', kind: 'vscode-high-contrast' },
  { name: 'Default High Contrast Light', kind: 'vscode-high-contrast-light' },
] as const;
