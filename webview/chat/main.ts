import './chat.css';
import { registerControls } from '../controls.ts';
import { ChatPage } from './chatPage.ts';
import { PageHost } from './host.ts';

registerControls();
const page = new ChatPage(new PageHost());
document.body.append(page.element);
page.start();
