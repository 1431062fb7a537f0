// Answers as people type them; as in answers.py, whose patterns these are.

const answerPattern = new RegExp(`^(?:${data.answers.pattern})$`), decimalPattern = new RegExp(`^[+-]?${data.answers.decimal}$`);
const otherSigns = new Map(data.answers.signs);
const asPattern = (typed) => [...typed.trim().toLowerCase()].map((c) => otherSigns.get(c) ?? c).join("").replace(new RegExp(data.answers.spaces, "g"), "$1");

function readAnswer(typed) {
  const found = asPattern(typed).match(answerPattern);
  if (!found) return null;
  if (found[11] !== undefined) return found[11] === "-" ? -Infinity : Infinity;
  const x = term(...found.slice(1, 6)) / term(...found.slice(6, 11));
  return Number.isFinite(x) ? x : null;
}

const term = (sign, decimal = 1, power = 0, timesPi, pi) => (sign === "-" ? -1 : 1) * Number(`${decimal}e${power}`) * (timesPi || pi ? Math.PI : 1);

/** A number that can be computed with. */
function readNumber(typed) {
  const x = readAnswer(typed);
  return Number.isFinite(x) ? x : null;
}

const isRight = (answer, truth) => Object.is(answer, truth) || answer === truth || Math.abs(answer - truth) <= 5e-4 * Math.abs(truth) + 1e-9;

/** A decimal that is the truth rounded, or cut off, to its own digits. */
function isRounded(typed, truth, least = 1) {
  const found = asPattern(typed).match(decimalPattern), answer = readAnswer(typed);
  if (!found || !answer || !Number.isFinite(truth)) return false;
  const decimals = (found[1].split(".")[1] ?? "").length - Number(found[2] ?? 0);
  if (found[1].replace(".", "").replace(/^0+/, "").length < least) return false;
  const missing = (Math.abs(truth) - Math.abs(answer)) * 10 ** decimals;
  return answer * truth > 0 && missing >= -0.5000001 && missing < 1;
}

/** Digits were lost on the way to a number that has more than three of them. */
function isNear(answer, truth) {
  const figures = number(truth).replace(/e.*|[^0-9]/g, "").replace(/^0+|0+$/g, "");
  return figures.length > 3 && Math.abs(answer - truth) <= 1e-2 * Math.abs(truth);
}
