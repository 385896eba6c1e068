// A TypeDoc plugin with two checks that TypeDoc does not have: every exported function has an `@example`, and every
// property of an interface or type called `…Options` has a doc comment. What fails them fails `npm run check`.
import { Application, ReflectionKind } from 'typedoc';

/** @param {Application} app TypeDoc, which calls this when it loads the plugin. */
export function load(app) {
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    const missing = [
      ...project
        .getReflectionsByKind(ReflectionKind.Function)
        .filter((reflection) => !hasExample(reflection))
        .map((reflection) => `${reflection.getFriendlyFullName()} is a function without an @example`),
      ...project
        .getReflectionsByKind(ReflectionKind.Property)
        .filter((reflection) => isOption(reflection) && !reflection.hasComment())
        .map((reflection) => `${reflection.getFriendlyFullName()} is an option without a doc comment`),
    ];
    for (const message of missing) app.logger.validationWarning(message);
  });
}

function hasExample({ comment, signatures = [] }) {
  return [comment, ...signatures.map((signature) => signature.comment)].some((each) => each?.getTag('@example'));
}

/** Directly in an options type; not in an object that is the value of an option. */
function isOption({ parent }) {
  const owner = parent?.kindOf(ReflectionKind.TypeLiteral) ? parent.parent : parent;
  return owner?.name.endsWith('Options') ?? false;
}
