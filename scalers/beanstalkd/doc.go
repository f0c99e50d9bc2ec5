// Package beanstalkd reads how many jobs a tube of beanstalkd has.
//
// The number is that of the jobs that are ready, urgent ones among them, and of
// those that a worker has reserved; with includeDelayed also of those that will be
// ready later. Buried jobs do not count: nobody works on them until they are kicked.
// A tube that is not there is one without jobs, since beanstalkd forgets a tube that
// nobody uses: it is 0, with a Note.
//
// Beanstalkd has a protocol of lines and neither authentication nor TLS, so that it
// is spoken here and not by a library: one connection to each server, on which the
// questions of a round follow one another without waiting for the answers.
//
// # Differences from KEDA
//
//   - A connection is made within 3s if timeout says nothing, and not within 30ms. A
//     number without a unit is of milliseconds, as in KEDA's code and not in its
//     documentation.
//   - A connection that is lost is made anew by the next reading.
//   - A name that no tube can have is refused.
package beanstalkd
