package demo

import (
	"context"
	"io"
)

// Service is a service that has shown what remains in its files.
type Service struct{ *service }

// StartAndSearch starts a service and searches its files, as the command does.
func StartAndSearch(ctx context.Context) (*Service, error) {
	s, err := startService(ctx, 0)
	if err != nil {
		return nil, err
	}
	if err := s.search(ctx, io.Discard, demoCustomers[0].email); err != nil {
		s.close()
		return nil, err
	}
	return &Service{s}, nil
}

// Close ends the service.
func (s *Service) Close() { s.close() }

// Database is the file of its database.
func (s *Service) Database() string { return s.database }

// Work writes to the database and reads from it.
func (s *Service) Work(ctx context.Context) error {
	if err := s.fill(ctx); err != nil {
		return err
	}
	_, err := s.store.ListAccounts(ctx)
	return err
}
