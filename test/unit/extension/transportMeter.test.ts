import { describe, expect, it } from 'vitest';
import { TransportMeter } from '../../../src/extension/chat/transportMeter.ts';

const batch = { texts: 2, waitedMs: 10, atMs: 100, receivedAtMs: 103, sendingMs: 0 };

describe('The way of an answer’s texts', () => {
  it('is the mean of its texts, part by part', () => {
    const meter = new TransportMeter();
    expect(meter.times).toBeUndefined();
    meter.received(batch);
    meter.received({ texts: 1, waitedMs: 2, atMs: 200, receivedAtMs: 209, sendingMs: 0.5 });
    // A batch of figures only: no text is on its way.
    meter.received({ texts: 0, waitedMs: 0, atMs: 300, receivedAtMs: 900, sendingMs: 0.75 });
    meter.posted({ texts: 3, waitedMs: 6 });
    expect(meter.times).toEqual({ texts: 3, batchingMs: 4, rpcMs: 5, hostMs: 2, sendingMs: 0.75 });
  });

  it('to the page is half of the way there and back, without what the page held it', () => {
    const meter = new TransportMeter();
    meter.received(batch);
    const mark = meter.mark(1000);
    expect(mark).toBe(1);
    // Not every text is marked: the page has better things to do.
    expect(meter.mark(1020)).toBeUndefined();
    meter.drawn(1, 20, 1030);
    expect(meter.times).toMatchObject({ pageMs: 5, drawingMs: 20 });
    const second = meter.mark(1300) ?? 0;
    meter.drawn(second, 10, 1316);
    expect(meter.times).toMatchObject({ pageMs: 4, drawingMs: 15 });
  });

  it('believes no page that gives back what it was not given, or held it longer than it was away', () => {
    const meter = new TransportMeter();
    meter.received(batch);
    const mark = meter.mark(1000) ?? 0;
    meter.drawn(mark + 1, 1, 1010);
    meter.drawn(mark, 500, 1010);
    expect(meter.times).not.toHaveProperty('pageMs');
    // A mark of long ago: another one is under way.
    meter.mark(2000);
    meter.drawn(mark, 1, 2001);
    expect(meter.times).not.toHaveProperty('pageMs');
  });
});
