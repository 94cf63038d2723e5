//! MiniLM: a text becomes 384 numbers, near those of texts that mean the same.
//!
//! One thread a text: who has many texts looks at several at once.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::pieces::{PIECES_MAX, Pieces};

/// Numbers of a vector.
pub(super) const VECTOR_LEN: usize = 384;

/// What makes vectors of texts.
pub struct Encoder {
    network: Model,
    inputs: [NodeId; 3],
    output: NodeId,
    threads: Arc<ThreadPool>,
    pieces: Pieces,
}

impl Encoder {
    /// Reads the network from an ONNX file and tries it.
    ///
    /// # Errors
    /// What is wrong with the file, as one sentence that does not name it.
    pub fn load(file: &Path) -> Result<Self, String> {
        let data = std::fs::read(file).map_err(|why| why.to_string())?;
        let mut options = ModelOptions::with_all_ops();
        // Some megabytes more, and a third less time.
        options.prepack_weights(true);
        let network = options.load(data).map_err(|why| format!("it is no network: {why}"))?;
        let node = |name: &str| network.node_id(name).map_err(|why| why.to_string());
        let inputs = [node("input_ids")?, node("attention_mask")?, node("token_type_ids")?];
        let output = node("last_hidden_state")?;
        let threads = Arc::new(ThreadPool::with_num_threads(1));
        let encoder = Self { network, inputs, output, threads, pieces: Pieces::new() };
        for text in [String::new(), "a ".repeat(PIECES_MAX)] {
            encoder.vector(&text).map_err(|why| format!("it does not run: {why}"))?;
        }
        Ok(encoder)
    }

    /// The mean of what the network says of each piece, of length 1.
    ///
    /// # Errors
    /// The network is another one than it should be.
    pub fn vector(&self, text: &str) -> Result<Vec<f32>, Box<dyn Error + Send + Sync>> {
        let pieces = self.pieces.of(text);
        let shape = [1, pieces.len()];
        let all = NdTensor::full(shape, 1_i32);
        let none = NdTensor::<i32, 2>::zeros(shape);
        let pieces = NdTensor::from_data(shape, pieces);
        let given = [pieces.view(), all.view(), none.view()].map(ValueOrView::from);
        let given = self.inputs.into_iter().zip(given).collect();
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let [said] = self.network.run_n(given, [self.output], Some(options))?;
        let said: NdTensor<f32, 3> = said.try_into()?;
        if said.size(2) != VECTOR_LEN {
            return Err(format!(
                "its vectors have {} numbers instead of {VECTOR_LEN}",
                said.size(2)
            )
            .into());
        }
        let mut sums = vec![0.0_f32; VECTOR_LEN];
        for piece in said.to_vec().chunks_exact(VECTOR_LEN) {
            for (sum, value) in sums.iter_mut().zip(piece) {
                *sum += value;
            }
        }
        let length = sums.iter().map(|value| value * value).sum::<f32>().sqrt();
        Ok(sums.into_iter().map(|value| value / length.max(f32::MIN_POSITIVE)).collect())
    }
}
