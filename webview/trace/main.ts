import './trace.css';
import { TraceHost } from './traceHost.ts';
import { TracePage } from './tracePage.ts';

const page = new TracePage(new TraceHost());
document.body.append(page.element);
page.start();
