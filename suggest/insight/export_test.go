package insight

// Cluster is what the tests of this package look at from outside.
var Cluster = cluster
