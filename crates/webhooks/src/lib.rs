//! Tells the outside what happened: takes rows of the outbox, signs them, sends them through the guarded client, and
//! tries again until they arrive or are given up.
//!
//! Law: at least once, in order per call, under an id that stays the same; an endpoint that is slow delays nobody else.
