import './cspNonce.ts';
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextArea,
} from '@vscode/webview-ui-toolkit';
import type { Button, Dropdown, Option, ProgressRing, TextArea } from '@vscode/webview-ui-toolkit';

/**
 * The one door to the archived `@vscode/webview-ui-toolkit`: registers the controls that our pages use. Pages
 * create them by tag name (`vscode-button`, …) with the types declared here.
 *
 * Of these, a progress ring with a *number* as its value carries an inline `style` attribute (the length of its
 * arc), which the pages' CSP refuses. Our rings are always indeterminate, and a measured progress is drawn by
 * `progressBar` in the chat page, so nothing visible depends on that attribute. The one other refusal is
 * prevented by `cspNonce.ts`.
 */
export type { Button, Dropdown, Option, ProgressRing, TextArea };

declare global {
  interface HTMLElementTagNameMap {
    'vscode-button': Button;
    'vscode-dropdown': Dropdown;
    'vscode-option': Option;
    'vscode-progress-ring': ProgressRing;
    'vscode-text-area': TextArea;
  }
}

export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeProgressRing(),
    vsCodeTextArea(),
  );
}

/**
 * Names a text area for screen readers. To be called when it is in the document: as it is connected, the
 * toolkit replaces any name by "Text area".
 */
export function nameTextArea(area: TextArea, name: string): void {
  area.setAttribute('aria-label', name);
}
