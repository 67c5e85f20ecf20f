/**
 * Tells libraries which nonce the page's policy allows for style elements. The toolkit's foundation asks whether
 * the browser knows `:focus-visible` by writing into an empty `<style>`; without the nonce the policy refuses it
 * with a console error, and every control falls back to `:focus`: a ring after each mouse click.
 *
 * Imported before the toolkit, because that question is asked while its modules load.
 */
const nonce = document.currentScript?.nonce;
if (nonce) {
  const meta = document.createElement('meta');
  meta.setAttribute('property', 'csp-nonce');
  meta.content = nonce;
  document.head.append(meta);
}
