/** Move the parameters by −rate · their gradients, or by velocities that gather them; as nn.SGD. */
function sgd(rate, { momentum = 0, nesterov = false, weightDecay = 0 } = {}) {
  model.steps++;
  for (let i = 0; i < parameters.length; i++) {
    let g = gradients[i] + (weightDecay && weightDecay * parameters[i]);
    if (momentum) {
      velocity[i] = momentum * velocity[i] + g;
      g = nesterov ? g + momentum * velocity[i] : velocity[i];
    }
    parameters[i] -= rate * g;
  }
}

/** Move the parameters by the running mean of their gradients over the root of that of the squares; as nn.Adam. */
function adam(rate, { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = {}) {
  const [b1, b2] = betas, unbiased = 1 - b1 ** ++model.steps, unbiasedSquare = 1 - b2 ** model.steps;
  for (let i = 0; i < parameters.length; i++) {
    const g = gradients[i] + (weightDecay && weightDecay * parameters[i]);
    mean[i] = b1 * mean[i] + (1 - b1) * g;
    square[i] = b2 * square[i] + (1 - b2) * g * g;
    parameters[i] -= rate * (mean[i] / unbiased) / (Math.sqrt(square[i] / unbiasedSquare) + eps);
  }
}

/** As adam, with the decay beside the gradient, not in it; as nn.AdamW. */
function adamW(rate, { betas, eps, weightDecay = 0.01 } = {}) {
  for (let i = 0; i < parameters.length; i++) parameters[i] -= rate * (weightDecay && weightDecay * parameters[i]);
  adam(rate, { betas, eps });
}
