//! The update of the parameters from the sums of their gradients, which begin at 0 again.
use crate::network::{Network, Real};

/// W <- W - eta R dW; dW <- 0
fn plain_rule(W: &mut [Real], dW: &mut [Real], eta: Real, R: Real) {
    for (W_k, dW_k) in W.iter_mut().zip(dW) {
        *W_k -= eta * R * *dW_k;
        *dW_k = 0.0;
    }
}

/// What the rule of the update knows besides its arrays; biases have no penalties.
struct Rule {
    eta: Real,
    R: Real,
    momentum: Real,
    l1: Real,
    l2: Real,
}

/// d = eta (R dW + l2 W + l1 sign W), W <- W - (d + momentum d_previous), d_previous <- d; dW <- 0
fn full_rule(W: &mut [Real], dW: &mut [Real], d_previous: &mut [Real], rule: &Rule) {
    for ((W_k, dW_k), previous_k) in W.iter_mut().zip(dW).zip(d_previous) {
        let sign = (*W_k > 0.0) as i32 as Real - (*W_k < 0.0) as i32 as Real;
        let d = rule.eta * (rule.R * *dW_k + rule.l2 * *W_k + rule.l1 * sign);
        *W_k -= d + rule.momentum * *previous_k;
        *previous_k = d;
        *dW_k = 0.0;
    }
}

/// Every layer
pub fn update(net: &mut Network, eta: Real, R: Real) {
    let weights = Rule { eta, R, momentum: net.momentum, l1: net.l1, l2: net.l2 };
    let biases = Rule { l1: 0.0, l2: 0.0, ..weights };
    for layer in &mut net.layers {
        if net.has_plain_update {
            plain_rule(&mut layer.W, &mut layer.dW, eta, R);
            plain_rule(&mut layer.b, &mut layer.db, eta, R);
        } else {
            full_rule(&mut layer.W, &mut layer.dW, &mut layer.dW_previous, &weights);
            full_rule(&mut layer.b, &mut layer.db, &mut layer.db_previous, &biases);
        }
    }
}
