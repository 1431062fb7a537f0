// The value functions of the operations table that JavaScript does not have, or has with other
// edges than IEEE 754 and the engine. Accuracy: a few units in the last place.

function erf(x) {
  if (Math.abs(x) > 2) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  // erf x = 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹/(2n+1)!!, every term of one sign, so no digits cancel
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return x === 0 ? x : 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

function erfc(x) {
  if (x !== x || x < 2) return 1 - erf(x);
  // Laplace's continued fraction, from its 80th level up
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

function pow(x, y) {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1; // as in C; JavaScript says NaN
  return Math.pow(x, y);
}

function sigmoid(x) {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x); // the other branch would overflow for large -x
  return e / (1 + e);
}

function softplus(x) {
  return x === x ? (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x))) : x;
}

function logsumexp(...xs) {
  const top = Math.max(...xs);
  if (top - top !== 0) return top;
  xs.splice(xs.indexOf(top), 1); // its exp is the 1 of log1p: logsumexp(0, -40) is 4e-18
  return top + Math.log1p(sum(...xs.map((x) => Math.exp(x - top))));
}

function sum(...xs) {
  return xs.reduce((total, x) => total + x, 0);
}

function dot(...wx) {
  const n = Math.floor(wx.length / 2);
  let total = wx.length % 2 ? wx[2 * n] : 0;
  for (let i = 0; i < n; i++) total += wx[i] * wx[n + i];
  return total;
}

function sech2(x) {
  const sech = 1 / Math.cosh(x);
  return sech * sech; // 1/cosh² would overflow on the way to a subnormal result
}

function logisticDensity(x) {
  const e = Math.exp(-Math.abs(x));
  return e / ((1 + e) * (1 + e));
}

/** x/√(x² + y²), the cosine of the angle of (x, y); 0 at the origin. */
function direction(x, y) {
  const size = Math.max(Math.abs(x), Math.abs(y));
  if (size === 0 || x !== x || y !== y) return x + y;
  // both scaled by the larger, as hypot itself may overflow or be subnormal
  const [cos, sin] = [x, y].map((z) => (Math.abs(z) === size ? Math.sign(z) : z / size));
  return cos / Math.hypot(cos, sin);
}

/** y·x^(y−1); of tiny x, where x^(y−1) overflows, x^y·(y/x), which a tiny exponent may keep finite. */
function baseSlope(x, y) {
  const power = pow(x, y - 1);
  if (y === 0) return 0;
  return power === Infinity && x > 0 && x < 1 ? pow(x, y) * (y / x) : y * power;
}

/** x^y·log(x); a power that has vanished stays 0 beside log(inf), and by convention beside log(0). */
function exponentSlope(x, y) {
  const power = pow(x, y);
  return x === 0 || (x > 0 && power === 0) ? 0 : power * (x > 0 ? Math.log(x) : NaN);
}
