// Random numbers: the Mersenne Twister, seeded and read as Python's random.Random does it, so that a seed means
// the same points and the same weights here and there.

class Random {
  constructor(seed) {
    const state = this.state = new Uint32Array(624);
    state[0] = 19650218;
    for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    const mix = (i, factor) => state[i] ^ Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), factor);
    let i = 1;
    const next = () => { if (++i === 624) { state[0] = state[623]; i = 1; } };
    for (let k = 0; k < 624; k++) { state[i] = mix(i, 1664525) + seed; next(); } // the key is one word, the seed
    for (let k = 0; k < 623; k++) { state[i] = mix(i, 1566083941) - i; next(); }
    state[0] = 0x80000000;
    this.at = 624;
    this.kept = null; // gauss makes two at a time
  }

  word() {
    const state = this.state;
    if (this.at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
        state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.at = 0;
    }
    let y = state[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  random() {
    const high = this.word() >>> 5, low = this.word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  uniform(low, high) { return low + (high - low) * this.random(); }

  gauss(mean, deviation) {
    let z = this.kept;
    this.kept = null;
    if (z === null) {
      const angle = this.random() * 2 * Math.PI, radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      z = Math.cos(angle) * radius;
      this.kept = Math.sin(angle) * radius;
    }
    return mean + z * deviation;
  }

  below(n) {
    const bits = 32 - Math.clz32(n);
    let r = n;
    while (r >= n) r = this.word() >>> (32 - bits);
    return r;
  }

  shuffle(list) {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }
}
