//! What the codec promises as a whole: the golden messages, the tables, properties, agreement with an independent
//! decoder, and a smoke run of the fuzz target. One binary, so that it links once.

mod corpus;
mod generated;
mod golden;
mod libwbxml;
mod libwbxml_table;
mod properties;
mod smoke;
mod tables;
