// eslint-disable-next-line import/no-unassigned-import -- it runs
import 'sluice/worker';
