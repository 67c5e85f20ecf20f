import { describe, expect, it } from 'vitest';
import { movedUri } from '../../../../src/extension/refactor/movedUri.ts';

describe('a document whose file or folder is renamed', () => {
  it('is where the file is now', () => {
    expect(movedUri('file:///shop/a.js', 'file:///shop/a.js', 'file:///shop/b.js')).toBe('file:///shop/b.js');
  });

  it('is in the folder by its new name', () => {
    expect(movedUri('file:///shop/src/deep/a.js', 'file:///shop/src', 'file:///shop/lib')).toBe(
      'file:///shop/lib/deep/a.js',
    );
  });

  it('stays where another one was renamed, also one whose name begins alike', () => {
    expect(movedUri('file:///shop/source/a.js', 'file:///shop/so', 'file:///shop/other')).toBeUndefined();
    expect(movedUri('file:///shop/a.jsx', 'file:///shop/a.js', 'file:///shop/b.js')).toBeUndefined();
  });
});
