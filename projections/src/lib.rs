//! Read models: folds over the log and the queries they answer.
