package fill

// NewWith is New for vectors that are no store.
var NewWith = newFiller
