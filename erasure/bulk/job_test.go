package bulk

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// Calls in the wrong order fail at once, and change nothing.
func TestJobOrder(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	list := scanText(t, r.text)
	job, err := Prepare(t.Context(), list, optionsFor(r.path, false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Prepare(t.Context(), list, optionsFor(r.path+"2", false)); !errors.Is(err, errListInUse) {
		t.Errorf("a second job of the list: %v", err)
	}
	if _, err := DryRun(t.Context(), list, optionsFor(r.path, true)); !errors.Is(err, errListInUse) {
		t.Errorf("a dry run of a list that is in use: %v", err)
	}
	err = job.Run(t.Context(), func(ctx context.Context, id string) Result {
		for name, err := range map[string]error{
			"Run":         job.Run(ctx, r.server.erase, RunOptions{}),
			"WriteReport": job.WriteReport(io.Discard, ReportCSV),
			"Close":       job.Close(),
		} {
			if !errors.Is(err, errBusy) {
				t.Errorf("%s during the run: %v", name, err)
			}
		}
		_, _ = job.Remaining(), job.Summary()
		return r.server.erase(ctx, id)
	}, RunOptions{})
	if err != nil || job.Summary() != (Summary{Accepted: 3}) {
		t.Errorf("%+v, %v", job.Summary(), err)
	}
	if err := job.Run(t.Context(), r.server.erase, RunOptions{}); !errors.Is(err, errAlreadyRun) {
		t.Errorf("a second run: %v", err)
	}
	closeJob(t, job)
	closeJob(t, job)
	for name, err := range map[string]error{
		"Run":         job.Run(t.Context(), r.server.erase, RunOptions{}),
		"WriteReport": job.WriteReport(io.Discard, ReportJSONL),
	} {
		if err == nil {
			t.Errorf("%s of a closed job: no error", name)
		}
	}
	if len(r.server.erased) != 3 {
		t.Errorf("sent %v", r.server.erased)
	}
}

// A list that a job could not be prepared for is as it was.
func TestListAfterAnError(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 50)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(r.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("damaged\n"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	list := scanText(t, r.text)
	if _, err := Prepare(t.Context(), list, optionsFor(r.path, true)); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Fatalf("got %v", err)
	}
	job, err := Prepare(t.Context(), list, optionsFor(r.path+"2", false))
	if err != nil {
		t.Fatal(err)
	}
	defer closeJob(t, job)
	if job.Remaining() != 50 {
		t.Errorf("%d remaining, %+v", job.Remaining(), job.Summary())
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	list := scanText(t, "c1\n")
	for field, change := range map[string]func(*Options){
		"Journal":     func(o *Options) { o.Journal = "" },
		"AccountCode": func(o *Options) { o.AccountCode = "" },
		"BaseURL":     func(o *Options) { o.BaseURL = "" },
	} {
		o := optionsFor(t.TempDir()+"/journal", true)
		change(&o)
		_, err1 := Prepare(t.Context(), list, o)
		_, err2 := DryRun(t.Context(), list, o)
		for _, err := range []error{err1, err2} {
			if err == nil || !strings.Contains(err.Error(), "Options."+field+" is empty") {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	r := newRunner(t, 1)
	job := r.prepare(false)
	for field, o := range map[string]RunOptions{"Concurrency": {Concurrency: -1}, "MaxFailures": {MaxFailures: -1}} {
		if err := job.Run(t.Context(), r.server.erase, o); err == nil || !strings.Contains(err.Error(), "RunOptions."+field+" is -1") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := job.Run(t.Context(), r.server.erase, RunOptions{}); err != nil {
		t.Errorf("after options that are wrong: %v", err)
	}
}
