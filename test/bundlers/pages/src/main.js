// The test writes engine.js and camera.js: they are examples of the documentation, as they stand.
/* eslint-disable import/no-unassigned-import -- they run */
import './engine.js';
import './camera.js';
import './worker.js';
