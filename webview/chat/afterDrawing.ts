/** Calls back when the next frame is drawn. Not while the page is hidden. */
export function afterDrawing(drawn: () => void): void {
  // A frame's callbacks come before its layout and paint; a timer that is set in one comes behind them.
  requestAnimationFrame(() => {
    setTimeout(drawn);
  });
}
