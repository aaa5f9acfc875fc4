package testdata

type Config struct{ First, Second, hidden int }

type RunOptions struct{ Third func() }

type options struct{ Fourth int }

type Other struct{ Fifth int }

func New(int) *Other { return nil }

func WithOne(int) {}

func WithNothing() {}

func Newest(int) {}

func newHidden(int) {}

func (*Other) WithMethod(int) {}
