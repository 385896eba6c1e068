import type { Action, ActOptions, Model } from 'sluice';

/** A model that says where the paddle goes. */
export type Player = Model<Action, ActOptions>;
