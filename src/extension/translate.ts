/**
 * Turns an English sentence with `{0}`, `{1}` into the user's language; in the editor this is
 * `vscode.l10n.t`. Passed as an argument, so that what speaks to people can be tested without an editor.
 */
export type Translate = (message: string, ...values: (string | number | boolean)[]) => string;
