//! Timbre: the distribution of the MFCC frames of a track as one Gaussian, and how far two of them are apart.
//!
//! One Gaussian per song is the model of Mandel and Ellis, "Song-level features and support vector machines for
//! music classification" (ISMIR 2005); the distance is the one Schnitzer, Flexer, Schedl and Widmer use in "Local
//! and global scaling reduce hubs in space" (JMLR 13, 2012).

/// Dimensions of the timbre space: MFCCs, from the zeroth on.
pub const DIM: usize = 20;

/// Entries of a symmetric matrix when each pair is stored once.
pub const TRIANGLE: usize = DIM * (DIM + 1) / 2;

/// Mean and covariance, with the logarithm of its determinant.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    /// Mean.
    pub mean: [f32; DIM],
    /// Lower triangle of the covariance, row by row.
    pub covariance: [f32; TRIANGLE],
    /// Natural logarithm of the determinant of the covariance.
    pub log_det: f32,
}

/// Sums from which a [`Gaussian`] is made.
pub struct GaussianBuilder {
    count: f64,
    sum: [f64; DIM],
    products: [f64; TRIANGLE],
}

impl Default for GaussianBuilder {
    fn default() -> Self {
        Self {
            count: 0.0,
            sum: [0.0; DIM],
            products: [0.0; TRIANGLE],
        }
    }
}

impl GaussianBuilder {
    /// Adds one frame.
    pub fn add(&mut self, frame: &[f32; DIM]) {
        self.count += 1.0;
        let mut at = 0;
        for i in 0..DIM {
            let value = f64::from(frame[i]);
            self.sum[i] += value;
            for &other in &frame[..=i] {
                self.products[at] += value * f64::from(other);
                at += 1;
            }
        }
    }

    /// The Gaussian; `prior` is the variance per dimension it leans on, with the weight of `weight` frames.
    ///
    /// The prior keeps the covariance invertible for very short files and for signals that never change.
    pub fn finish(&self, prior: &[f32; DIM], weight: f64) -> Option<Gaussian> {
        if self.count < 1.0 {
            return None;
        }
        let mean: [f64; DIM] = self.sum.map(|s| s / self.count);
        let mut covariance = [0.0; TRIANGLE];
        let mut at = 0;
        for i in 0..DIM {
            for j in 0..=i {
                let scatter = self.products[at] - self.count * mean[i] * mean[j];
                let lean = if i == j {
                    weight * f64::from(prior[i])
                } else {
                    0.0
                };
                covariance[at] = ((scatter + lean) / (self.count + weight)) as f32;
                at += 1;
            }
        }
        Gaussian::new(mean.map(|m| m as f32), covariance)
    }
}

impl Gaussian {
    /// Checks that the covariance is one; `None` when it is not positive definite.
    pub fn new(mean: [f32; DIM], covariance: [f32; TRIANGLE]) -> Option<Self> {
        let log_det = log_det(&mut covariance.clone())?;
        mean.iter().all(|m| m.is_finite()).then_some(Self {
            mean,
            covariance,
            log_det,
        })
    }

    /// Distance: the square root of the Jensen-Shannon divergence, with the mixture of the two
    /// distributions replaced by the Gaussian that has its mean and covariance.
    ///
    /// Symmetric, never negative, 0 for equal distributions.
    pub fn distance(&self, other: &Self) -> f32 {
        let mut merged = [0.0; TRIANGLE];
        let half: [f32; DIM] = std::array::from_fn(|i| 0.5 * (self.mean[i] - other.mean[i]));
        let mut at = 0;
        for i in 0..DIM {
            for &second in &half[..=i] {
                merged[at] = 0.5 * (self.covariance[at] + other.covariance[at]) + half[i] * second;
                at += 1;
            }
        }
        // The sum of two positive definite matrices is one too; rounding alone could spoil that.
        let Some(merged) = log_det(&mut merged) else {
            return 0.0;
        };
        (0.5 * merged - 0.25 * (self.log_det + other.log_det))
            .max(0.0)
            .sqrt()
    }
}

/// Log-determinant by Cholesky decomposition, which overwrites the matrix.
///
/// Every query does this thousands of times. Rows are slices of known length, so that no access is checked.
fn log_det(matrix: &mut [f32; TRIANGLE]) -> Option<f32> {
    let mut product = 1.0f64;
    for i in 0..DIM {
        let (above, rest) = matrix.split_at_mut(i * (i + 1) / 2);
        let row = &mut rest[..=i];
        let mut start = 0;
        for j in 0..i {
            let other = &above[start..=start + j];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            start += j + 1;
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if !(pivot > 1e-12 && pivot.is_finite()) {
            return None;
        }
        product *= f64::from(pivot);
        row[i] = pivot.sqrt();
    }
    Some(product.ln() as f32)
}

/// Four sums side by side do not wait for each other.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f32 = a4
        .remainder()
        .iter()
        .zip(b4.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in a4.zip(b4) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
