import { render } from 'preact';
import { App } from './app.tsx';
// eslint-disable-next-line import/no-unassigned-import -- Vite makes a stylesheet of it
import './style/index.css';

const root = document.querySelector('#app');
// Removes the text that is there while the page is loading.
root?.replaceChildren();
if (root) render(<App />, root);
