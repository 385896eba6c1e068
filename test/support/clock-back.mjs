// Loaded by `node --import` before a program: the clock of the day goes back by up to a day at random moments.
const now = Date.now.bind(Date);
let offset = 0;
const back = () => {
  if (Math.random() < 0.1) offset -= Math.floor(Math.random() * 86_400_000);
  return now() + offset;
};
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [back()] : args, newTarget),
  get: (target, name) => (name === 'now' ? back : Reflect.get(target, name)),
});
