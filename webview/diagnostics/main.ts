import './diagnostics.css';
import { DiagnosticsHost } from './diagnosticsHost.ts';
import { DiagnosticsPage } from './diagnosticsPage.ts';

const page = new DiagnosticsPage(new DiagnosticsHost());
document.body.append(page.element);
page.start();
