import DOMPurify from 'dompurify';

/**
 * The last gate before model output becomes DOM. `renderMarkdown` escapes all HTML of the model already; this
 * holds even if that should fail. Nothing here can fetch, run or style anything.
 */
const purifier = DOMPurify(window);

const allowedClass =
  /^(?:hljs-[\w-]+|language-[\w+#.-]+|align-(?:left|center|right)|dead-link|image-link|function_|class_|inherited__)$/;

purifier.addHook('afterSanitizeAttributes', (node) => {
  const kept = [...node.classList].filter((name) => allowedClass.test(name));
  if (kept.length > 0) node.className = kept.join(' ');
  else node.removeAttribute('class');
  if (node.nodeName === 'A') node.setAttribute('rel', 'noopener noreferrer');
});

export function sanitize(html: string): DocumentFragment {
  return purifier.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_TAGS: [
      'a', 'blockquote', 'br', 'code', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p', 'pre', 's', 'span',
      'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
    ], // prettier-ignore
    ALLOWED_ATTR: ['class', 'dir', 'href', 'start', 'title'],
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
  });
}
