package storetest

func model(f *fixture) {}
