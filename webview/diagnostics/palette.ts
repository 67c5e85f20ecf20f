/** The theme's colours as canvases need them. */
export interface Palette {
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly line: string;
  readonly focus: string;
  readonly blue: string;
  readonly green: string;
  readonly yellow: string;
  readonly red: string;
  readonly purple: string;
  readonly font: string;
  readonly isHighContrast: boolean;
}

/** Of the theme that is on now. VS Code gives its colours to a page as CSS variables. */
export function readPalette(): Palette {
  const styles = getComputedStyle(document.documentElement);
  const variable = (name: string): string => styles.getPropertyValue(`--vscode-${name}`).trim();
  const foreground = variable('foreground') || '#808080';
  const isHighContrast = document.body.classList.contains('vscode-high-contrast');
  return {
    foreground,
    muted: variable('descriptionForeground') || foreground,
    background: variable('editor-background') || '#000000',
    line: variable('contrastBorder') || variable('widget-border') || variable('panel-border') || foreground,
    focus: variable('focusBorder') || foreground,
    blue: variable('charts-blue') || foreground,
    green: variable('charts-green') || foreground,
    yellow: variable('charts-yellow') || foreground,
    red: variable('charts-red') || foreground,
    purple: variable('charts-purple') || variable('charts-blue') || foreground,
    font: variable('font-family') || 'sans-serif',
    isHighContrast,
  };
}

/** Calls back when another theme is on. VS Code changes the body's class, and the variables on the root. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
